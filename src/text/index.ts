export {
  type Cell,
  cellText,
  type Fact,
  type IntervalCell,
  type Phrase,
  type PValueCell,
  type RankCell,
} from "./cell";
export { FOR_PROGRAMS, FOR_READERS, formatNumber, type NumberStyle } from "./format-number";
export { joinPhrases, phrase } from "./phrase";
