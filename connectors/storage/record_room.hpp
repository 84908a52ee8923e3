// How much a record of the log holds, for those who make what is written into it.
#pragma once

#include "connectors/storage/wal_format.hpp"

namespace proteus::storage {

/// Whether a record can hold an event of this body. All have their bound but the weights of an
/// AdaptationProposed.
bool fits_record(const EventBody& body);

}  // namespace proteus::storage
