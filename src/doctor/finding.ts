/** What a check found: a level, what was seen and, where something is wrong, how to mend it. */

interface Fine {
  /** `skipped` for a check that could not be made, or that has nothing to look at. */
  readonly level: 'ok' | 'skipped';
  /** One line, or several; lines that begin with a space stay as they are. */
  readonly seen: string;
  readonly fix?: undefined;
}

interface Flaw {
  /** `warning` for what may be meant so, `failure` for what cannot work. */
  readonly level: 'warning' | 'failure';
  readonly seen: string;
  readonly fix: string;
}

/** A finding without a remedy cannot be written. */
export type Finding = Fine | Flaw;

export type Level = Finding['level'];

/** All is well. */
export const ok = (seen: string): Finding => ({ level: 'ok', seen });

/** The check was not made, for this reason. */
export const skipped = (seen: string): Finding => ({ level: 'skipped', seen });

/** It may work, or not as the user expects. */
export const warning = (seen: string, fix: string): Finding => ({ level: 'warning', seen, fix });

/** It cannot work. */
export const failure = (seen: string, fix: string): Finding => ({ level: 'failure', seen, fix });
