// TensorBoard's event files, written by hand: a TFRecord for each event.
//
//   8 bytes  length of the data, least significant byte first
//   4 bytes  masked CRC-32C of these 8 bytes
//   data     the protocol buffer `Event`: 1 wall_time (double), 2 step (int64), and one of
//            3 file_version (string) or 5 summary: repeated 1 value: 1 tag (string), 2 simple_value
//            (float)
//   4 bytes  masked CRC-32C of the data
//
// The mask is ((crc >> 15) | (crc << 17)) + 0xa282ead8. The first event has the file's version,
// "brain.Event:2". Layout: tensorflow/core/lib/io/record_writer.h and util/event.proto.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/core/time.hpp"
#include "models/runs/scalars.hpp"

namespace proteus::runs {

/// CRC-32C (Castagnoli), as RFC 3720, appendix B.4, has it.
std::uint32_t crc32c(std::string_view bytes);
std::uint32_t masked_crc32c(std::string_view bytes);

/// The record that a file begins with.
std::string first_event_record(Timestamp wall);
/// One record of all figures at `step`; those that are NaN are left out.
std::string scalars_event_record(Timestamp wall, std::int64_t step,
                                 std::span<const Scalar> scalars);

}  // namespace proteus::runs
