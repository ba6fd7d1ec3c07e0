"use strict";
// Apart from bottle.cjs, because old versions of Node cannot parse an import expression.
import("../dist/cli/main.js");
