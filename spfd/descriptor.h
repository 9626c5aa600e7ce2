// Descriptors are owned by io::Descriptor; this name of it is for the sessions.
#pragma once

#include "common/io/descriptor.h"

namespace spfd {

using io::Descriptor;

}  // namespace spfd
