/** What a row of the table of checks is. */
import type { Examination, Setup } from './examination';
import { skipped, type Finding } from './finding';

/** What a check costs: nothing, connections to the provider, or requests of the user's plan. */
export type Need = 'nothing' | 'network' | 'request';

/** The sections of the output, in their order. */
export const GROUPS = {
  machine: 'This machine',
  configuration: 'Configuration of the bridge',
  key: 'API key',
  network: 'Way to the provider',
  upstream: 'Provider',
  bridge: 'Running bridge',
  codex: 'Codex',
} as const;

export type Group = keyof typeof GROUPS;

/** A row of the table. */
export interface Check {
  /** In lower case with hyphens; programs read it. */
  readonly id: string;
  readonly title: string;
  readonly needs: Need;
  /** Checks before this one that must not fail: without them this one is skipped. */
  readonly after?: readonly string[];
  /** How long it may take, milliseconds; ten seconds when absent. */
  readonly limitMs?: number;
  /** May throw: whoever runs it makes a finding of that. */
  run(examination: Examination): Finding | Promise<Finding>;
}

/** A check that needs the configuration: without one it is skipped. */
export function withSetup(run: (setup: Setup, examination: Examination) => Finding | Promise<Finding>): Check['run'] {
  return (examination) =>
    examination.setup ? run(examination.setup, examination) : skipped('the options have mistakes');
}
