export { type Engine, type EngineName, loadEngine } from "./engine";
