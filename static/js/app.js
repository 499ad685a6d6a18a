/* Loads the modules. Every page can be read without. */
import "./countdown.js";
import "./marks.js";
import "./drafts.js";
import "./dialogs.js";
import "./hands.js";
import "./live.js";
import "./calling.js";
