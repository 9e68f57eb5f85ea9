/** How much of everything a run does. */

/** The size of each measurement. */
export interface Plan {
  /** No new round begins after this many seconds. */
  readonly budgetSeconds: number;
  readonly start: { readonly rounds: number };
  readonly memory: PacedPlan;
  readonly paced: PacedPlan;
  readonly saturated: { readonly rounds: number; readonly streams: number; readonly deltas: number };
  readonly smallRequest: RequestPlan;
  readonly largeRequest: RequestPlan;
}
/** Streams side by side, each at `rate` deltas a second. */
export interface PacedPlan {
  readonly rounds: number;
  readonly streams: number;
  readonly rate: number;
  readonly seconds: number;
}
/** Requests one after the other; `warmUp` more come before and do not count. */
export interface RequestPlan {
  readonly rounds: number;
  readonly requests: number;
  readonly warmUp: number;
  readonly historyBytes: number;
  readonly deltas: number;
}

/** About two minutes with the subjects that come with the benchmark. */
export const QUICK: Plan = {
  budgetSeconds: 150,
  start: { rounds: 9 },
  memory: { rounds: 3, streams: 100, rate: 2, seconds: 3 },
  paced: { rounds: 3, streams: 20, rate: 50, seconds: 4 },
  saturated: { rounds: 3, streams: 6, deltas: 20_000 },
  smallRequest: { rounds: 3, requests: 300, warmUp: 60, historyBytes: 40_000, deltas: 20 },
  largeRequest: { rounds: 3, requests: 16, warmUp: 4, historyBytes: 4_000_000, deltas: 20 },
};

/** For numbers to quote: about ten minutes. */
export const FULL: Plan = {
  budgetSeconds: 1200,
  start: { rounds: 21 },
  memory: { rounds: 5, streams: 100, rate: 2, seconds: 6 },
  paced: { rounds: 7, streams: 20, rate: 50, seconds: 10 },
  saturated: { rounds: 7, streams: 6, deltas: 40_000 },
  smallRequest: { rounds: 7, requests: 600, warmUp: 60, historyBytes: 40_000, deltas: 20 },
  largeRequest: { rounds: 7, requests: 30, warmUp: 4, historyBytes: 4_000_000, deltas: 20 },
};
