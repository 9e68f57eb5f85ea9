/** Defines what the four service managers have in common: a file to render, and commands for the user to run. */
import type { Machine, Paths } from '../../command/paths';
import type { Variable } from './env-file';

export type ServiceKindName = 'systemd' | 'launchd' | 'windows' | 'termux';

/** What the service starts; all paths are absolute. */
export interface ServiceProgram {
  readonly node: string;
  readonly script: string;
  readonly envFile: string;
  readonly logFile: string;
  readonly home: string;
  /** The Windows account, `DOMAIN\name`; `undefined` when unknown. */
  readonly user: string | undefined;
  /** Termux's installation folder, $PREFIX. */
  readonly prefix: string;
  /** Variables that must be set when Node starts. */
  readonly variables: readonly Variable[];
}

/** Commands with a heading. */
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
  /** The next steps after the file is written. */
  readonly afterInstall: (file: string, program: ServiceProgram) => readonly ServiceStep[];
  /**
   * How to stop and unregister the service; works whether or not the file exists.
   *
   * @param envFile the environment file, if it exists
   */
  readonly beforeRemove: (file: string, envFile: string | undefined) => readonly ServiceStep[];
  /**
   * Returns the path of the link that registers the file with the service manager, if there is one; the link must be
   * removed together with the file.
   */
  readonly findRegistration?: (file: string) => string;
}

/** The name of the service; launchd's label adds a prefix. */
export const SERVICE = 'aliyun-codex-bridge';

/** The text that identifies files written by `service`. */
export const MARK = `Written by "${SERVICE} service install"`;

/**
 * Lists the arguments for Node.
 * @param log `file` if the service manager keeps no log
 * @param command `start` if the service manager does not supervise processes
 */
export function listArguments(
  { script, envFile, logFile }: ServiceProgram, log: 'file' | 'stderr', command: 'serve' | 'start' = 'serve',
): readonly string[] {
  const args = [script, command, '--config-file', envFile];
  return log === 'file' ? [...args, '--log-file', logFile] : args;
}

/** Escapes text for XML. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
