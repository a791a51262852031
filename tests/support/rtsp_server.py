"""An RTSP server on a port of the loopback, for tests: a moving ball, H.264, at /ball.

argv: port (0: a free one), width, height, rate, user and password (or nothing). Prints the port, then serves until stdin ends.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

port, width, height, rate, *credentials = sys.argv[1:]
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service(port)
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball "
    f"! video/x-raw,width={width},height={height},framerate={rate}/1 "
    "! x264enc tune=zerolatency key-int-max=5 speed-preset=ultrafast ! rtph264pay name=pay0 pt=96 )"
)
if credentials:
    user, password = credentials
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string(GstRtspServer.RTSP_TOKEN_MEDIA_FACTORY_ROLE, "user")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_ACCESS, True)
    permissions.add_permission_for_role("user", GstRtspServer.RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/ball", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)
loop = GLib.MainLoop()


def wait():
    sys.stdin.read()
    loop.quit()


threading.Thread(target=wait, daemon=True).start()
loop.run()
