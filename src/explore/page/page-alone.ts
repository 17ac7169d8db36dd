import { showPage } from "./app";
import { workerExplorer } from "./worker-explorer";

showPage(workerExplorer("worker.js"), document.getElementById("page")!);
