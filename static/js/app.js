/* Loads the modules. Every page works for reading without any of them. */
import "./countdown.js";
import "./marks.js";
import "./drafts.js";
import "./dialogs.js";
import "./hands.js";
import "./live.js";
import "./calling.js";
