/** Defines a check, and its finding: a level, an observation and, for a problem, the fix. */
import type { DoctorSettings, Examination } from './examination';

interface NoProblem {
  /** `skipped` for a check that could not run or does not apply. */
  readonly level: 'ok' | 'skipped';
  /** One or more lines; lines that begin with a space are not wrapped. */
  readonly seen: string;
  readonly fix?: undefined;
}

interface Problem {
  /** `warning` for what may work or may be intended, `failure` for what cannot work. */
  readonly level: 'warning' | 'failure';
  readonly seen: string;
  readonly fix: string;
}

/** A problem without a fix does not compile. */
export type Finding = NoProblem | Problem;

export type FindingLevel = Finding['level'];

/** Creates a finding without a problem. */
export const ok = (seen: string): Finding => ({ level: 'ok', seen });

/** Creates a finding for a check that was skipped for this reason. */
export const skipped = (seen: string): Finding => ({ level: 'skipped', seen });

/** Creates a finding for what may work, but perhaps not as the user expects. */
export const warning = (seen: string, fix: string): Finding => ({ level: 'warning', seen, fix });

/** Creates a finding for what cannot work. */
export const failure = (seen: string, fix: string): Finding => ({ level: 'failure', seen, fix });

/** What a check needs: nothing, connections to the provider, or requests that count against the plan. */
export type Need = 'nothing' | 'network' | 'request';

/** The sections of the output, in order. */
export const GROUPS = {
  machine: 'This machine',
  configuration: 'Bridge configuration',
  key: 'API key',
  network: 'Network',
  upstream: 'Provider',
  bridge: 'Running bridge',
  codex: 'Codex',
} as const;

export type CheckGroup = keyof typeof GROUPS;

/** A row of the table of checks. */
export interface Check {
  /** Lowercase with hyphens. Does not change, because programs read it in the JSON output. */
  readonly id: string;
  readonly title: string;
  readonly needs: Need;
  /** Ids of earlier checks; this one is skipped if one of them failed or was skipped. */
  readonly after?: readonly string[];
  /** Time limit in milliseconds; default: ten seconds. */
  readonly limitMs?: number;
  /** May throw; the error becomes a finding. */
  run(examination: Examination): Finding | Promise<Finding>;
}

/** Wraps the function of a check that needs the bridge's settings: the check is skipped if the options are invalid. */
export function withSettings(
  run: (settings: DoctorSettings, examination: Examination) => Finding | Promise<Finding>,
): Check['run'] {
  return (examination) =>
    examination.settings ? run(examination.settings, examination) : skipped('the options are invalid');
}
