/* What the pages link on which a letter or a message is written: see write4rights/static_files.py. */
import "./draft.js";
import "./long.js";
import "./name.js";
import "./points.js";
import "./check.js";
import "./ties.js";
import "./targets.js";
