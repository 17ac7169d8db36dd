import { showPage } from "./app";
import { httpExplorer } from "./http-explorer";

// The first address holds a token, which is not to stay in the address bar or its history.
if (location.search) history.replaceState(null, "", location.pathname + location.hash);
showPage(httpExplorer(), document.getElementById("page")!);
