/* Loads the modules, one purpose each. Every page works for reading without any of them. */
import "./times.js";
import "./countdown.js";
import "./marks.js";
import "./drafts.js";
import "./composer.js";
import "./dialogs.js";
import "./drag.js";
import "./keys.js";
import "./live.js";
import "./session.js";
import "./calling.js";
