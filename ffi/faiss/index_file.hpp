// The file of an index: FAISS's format, of the one kind that we write.
#pragma once
#include <faiss/IndexIDMap.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace gdn {

/// Reads an IDMap2 over an IndexHNSWFlat over an IndexFlatIP, whose vectors become a DescriptorStorage.
///
/// FAISS's own reader takes the numbers of a file for true: it asks for the memory that they name, and
/// its searches follow them. Here every length is held against the bytes that are left in the file
/// before memory is taken, and every number against the array that it leads into. The map is for
/// adding and searching: it has no reverse table, which ids that collide would make quadratic.
///
/// @throws BadData, with what is wrong.
std::unique_ptr<faiss::IndexIDMap2> decode_index(const uint8_t* bytes, size_t size);

}  // namespace gdn
