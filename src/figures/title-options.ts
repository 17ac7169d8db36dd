/** What every figure function lets its caller reword. */
export interface TitleOptions {
  readonly title?: string;
  readonly subtitle?: string;
}
