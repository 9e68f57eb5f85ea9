/** Defines what the four service managers have in common: a file to render, and commands for the user to run. */
import type { Machine, Paths } from '../../command/paths';

export type ServiceKindName = 'systemd' | 'launchd' | 'windows' | 'termux';

/** What the service starts; all paths are absolute. */
export interface ServiceProgram {
  readonly node: string;
  readonly script: string;
  readonly envFile: string;
  readonly logFile: string;
  readonly home: string;
  /** The Windows account, `DOMAIN\name`; `undefined` where it is not known. */
  readonly user: string | undefined;
  /** The folder of Termux. */
  readonly prefix: string;
}

/** Commands under a heading. */
export interface ServiceStep {
  readonly title: string;
  readonly commands: readonly string[];
}

export interface ServiceKind {
  readonly title: string;
  /** The permission bits of the file. */
  readonly mode: number;
  readonly encoding: 'utf8' | 'utf16le';
  readonly findFile: (machine: Machine, paths: Paths) => string;
  /** The paths of the program must not contain control characters. */
  readonly render: (program: ServiceProgram) => string;
  /** What to do when the file is written. */
  readonly afterInstall: (file: string, program: ServiceProgram) => readonly ServiceStep[];
  /** How to stop and unregister the service; works with and without the file. */
  readonly beforeRemove: (file: string) => readonly ServiceStep[];
  /** A file of the service manager that must be removed with ours. */
  readonly findRegistration?: (file: string) => string;
}

/** The name of the service in every service manager. */
export const SERVICE = 'aliyun-codex-bridge';

/** The text by which `service` recognizes its own files. */
export const MARK = `Written by "${SERVICE} service install"`;

/**
 * The arguments of Node. The log goes to a file where the service manager keeps none, and the command is `start` where
 * it does not supervise what it has started.
 */
export function listWords(
  { script, envFile, logFile }: ServiceProgram, log: 'file' | 'stderr', command: 'serve' | 'start' = 'serve',
): readonly string[] {
  const words = [script, command, '--config-file', envFile];
  return log === 'file' ? [...words, '--log-file', logFile] : words;
}

/** Text between XML tags. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
