/** Defines the size of each measurement, for a quick and for a full run. */

/** The sizes for one run. */
export interface Plan {
  /** No new round starts after this many seconds. */
  readonly budgetSeconds: number;
  readonly start: { readonly rounds: number };
  readonly memory: PacedPlan;
  readonly paced: Readonly<Record<'1x50' | '20x50' | '200x50', PacedPlan>>;
  readonly saturated: { readonly rounds: number; readonly streams: number; readonly deltas: number };
  readonly requests: Readonly<Record<'40k' | '200k' | '1m' | '4m', RequestPlan>>;
  readonly firstTurn: { readonly rounds: number; readonly historyBytes: number; readonly deltas: number };
  readonly growth: {
    readonly rounds: number;
    readonly requests: number;
    readonly historyBytes: number;
    readonly deltas: number;
  };
  readonly stall: {
    readonly rounds: number;
    readonly rate: number;
    readonly seconds: number;
    readonly requests: number;
    readonly historyBytes: number;
  };
}
/** Concurrent streams, each at `rate` deltas per second. */
export interface PacedPlan {
  readonly rounds: number;
  readonly streams: number;
  readonly rate: number;
  readonly seconds: number;
}
/** Consecutive requests, after `warmUp` requests that are not measured. */
export interface RequestPlan {
  readonly rounds: number;
  readonly requests: number;
  readonly warmUp: number;
  readonly historyBytes: number;
  readonly deltas: number;
}

/** About four minutes with the built-in subjects. */
export const QUICK: Plan = {
  budgetSeconds: 330,
  start: { rounds: 9 },
  memory: { rounds: 3, streams: 100, rate: 2, seconds: 3 },
  paced: {
    '1x50': { rounds: 3, streams: 1, rate: 50, seconds: 4 },
    '20x50': { rounds: 3, streams: 20, rate: 50, seconds: 4 },
    '200x50': { rounds: 3, streams: 200, rate: 50, seconds: 4 },
  },
  saturated: { rounds: 3, streams: 6, deltas: 20_000 },
  requests: {
    '40k': { rounds: 3, requests: 300, warmUp: 60, historyBytes: 40_000, deltas: 20 },
    '200k': { rounds: 3, requests: 100, warmUp: 20, historyBytes: 200_000, deltas: 20 },
    '1m': { rounds: 3, requests: 40, warmUp: 10, historyBytes: 1_000_000, deltas: 20 },
    '4m': { rounds: 3, requests: 16, warmUp: 4, historyBytes: 4_000_000, deltas: 20 },
  },
  firstTurn: { rounds: 5, historyBytes: 40_000, deltas: 20 },
  growth: { rounds: 1, requests: 600, historyBytes: 40_000, deltas: 20 },
  stall: { rounds: 3, rate: 200, seconds: 4, requests: 8, historyBytes: 4_000_000 },
};

/** For published numbers: about half an hour. */
export const FULL: Plan = {
  budgetSeconds: 2400,
  start: { rounds: 21 },
  memory: { rounds: 5, streams: 100, rate: 2, seconds: 6 },
  paced: {
    '1x50': { rounds: 7, streams: 1, rate: 50, seconds: 10 },
    '20x50': { rounds: 7, streams: 20, rate: 50, seconds: 10 },
    '200x50': { rounds: 5, streams: 200, rate: 50, seconds: 8 },
  },
  saturated: { rounds: 7, streams: 6, deltas: 40_000 },
  requests: {
    '40k': { rounds: 7, requests: 600, warmUp: 60, historyBytes: 40_000, deltas: 20 },
    '200k': { rounds: 7, requests: 200, warmUp: 20, historyBytes: 200_000, deltas: 20 },
    '1m': { rounds: 7, requests: 60, warmUp: 10, historyBytes: 1_000_000, deltas: 20 },
    '4m': { rounds: 7, requests: 30, warmUp: 4, historyBytes: 4_000_000, deltas: 20 },
  },
  firstTurn: { rounds: 15, historyBytes: 40_000, deltas: 20 },
  growth: { rounds: 3, requests: 2_000, historyBytes: 40_000, deltas: 20 },
  stall: { rounds: 7, rate: 200, seconds: 5, requests: 12, historyBytes: 4_000_000 },
};
