/** What the four ways to start the bridge at login have in common: a file to render, and commands for a person to run. */
import type { Machine, Paths } from '../../command/paths';

export type KindName = 'systemd' | 'launchd' | 'windows' | 'termux';

/** What the file starts, in absolute paths. */
export interface ServiceProgram {
  readonly node: string;
  readonly script: string;
  readonly envFile: string;
  readonly logFile: string;
  readonly home: string;
  /** The user as Windows names it, `DOMAIN\name`; `undefined` where that is not known. */
  readonly user: string | undefined;
  /** The folder of Termux. */
  readonly prefix: string;
}

/** Commands under a heading. */
export interface Step {
  readonly title: string;
  readonly commands: readonly string[];
}

export interface ServiceKind {
  readonly title: string;
  /** The permission bits of the file, for systems that have them. */
  readonly mode: number;
  readonly encoding: 'utf8' | 'utf16le';
  readonly findFile: (machine: Machine, places: Paths) => string;
  /** Takes a program whose paths are free of control characters. */
  readonly render: (program: ServiceProgram) => string;
  /** What to do once the file is there. */
  readonly afterInstall: (file: string, program: ServiceProgram) => readonly Step[];
  /** What to do about a service that may still run; works whether the file is there or not. */
  readonly beforeRemove: (file: string) => readonly Step[];
  /** A file of the platform's tool that goes with ours. */
  readonly findRegistration?: (file: string) => string;
}

/** The service's name wherever one is asked for. */
export const SERVICE = 'aliyun-codex-bridge';

/** The mark by which `service` knows its own files again. */
export const MARK = `Written by "${SERVICE} service install"`;

/**
 * The words behind Node: the log goes into a file where the platform keeps none itself, and the command is `start` where
 * the platform does not keep an eye on what it has started.
 */
export function listWords(
  { script, envFile, logFile }: ServiceProgram, log: 'file' | 'stderr', command: 'serve' | 'start' = 'serve',
): readonly string[] {
  const words = [script, command, '--env-file', envFile];
  return log === 'file' ? [...words, '--log-file', logFile] : words;
}

/** Text between XML tags. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
