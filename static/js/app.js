/* Loads the modules, one purpose each. Every page works for reading without any of them. */
import "./times.js";
import "./countdown.js";
import "./drafts.js";
import "./dialogs.js";
import "./drag.js";
import "./keys.js";
import "./palette.js";
import "./marks.js";
import "./live.js";
