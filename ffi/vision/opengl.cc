// The one function of OpenGL that OpenCV's core names, for its windows: there is none here, and without
// this the core would ask for X11's libraries.
extern "C" void *glXGetProcAddressARB(const unsigned char *) { return nullptr; }
