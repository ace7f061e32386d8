// SPDX-License-Identifier: Apache-2.0
// All public headers. Single ones compile alone.
#pragma once

#include "treering/box.h"
#include "treering/builder.h"
#include "treering/checkpoint.h"
#include "treering/codec.h"
#include "treering/compat.h"
#include "treering/dtype.h"
#include "treering/error.h"
#include "treering/graph.h"
#include "treering/id.h"
#include "treering/key_path.h"
#include "treering/limits.h"
#include "treering/list.h"
#include "treering/record.h"
#include "treering/result.h"
#include "treering/save.h"
#include "treering/series.h"
#include "treering/tree.h"
#include "treering/value.h"
#include "treering/version.h"
