/** What `serve` does beside serving when it was started in the background. Loaded only then. */
import type { Config } from '../config/options';
import type { Logger } from '../observe/log';
import type { Listening } from '../server/create-server';
import { SERVICE_NAME } from '../server/service-routes';
import { removeRecord, writeRecord } from '../instance/state-file';

/** The message of a bridge that listens to the process that started it. */
export interface Announcement {
  readonly listening: Listening;
}

export interface Background {
  /** Says that the bridge listens: in the record, in the log, to the process that started it. Never throws. */
  announce(address: Listening): void;
  /** Takes the record away. */
  end(): void;
}

export interface BackgroundOptions {
  /** Where the record goes. */
  readonly stateFile: string;
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
}

/** The background side of the bridge that runs in this process. */
export function createBackground({ stateFile, config, version, log }: BackgroundOptions): Background {
  const { pid } = process;
  const { aiBaseUrl: upstream, logFile = '', drainTimeoutMs } = config;
  return {
    announce(address) {
      const startedAt = new Date().toISOString();
      try {
        const facts = { version, startedAt, logFile, upstream, drainTimeoutMs };
        writeRecord(stateFile, { name: SERVICE_NAME, pid, ...address, ...facts });
      } catch (error) {
        log.warn('status and stop will not find this bridge: its record cannot be written', { file: stateFile, error });
      }
      log.info('the bridge listens', { ...address, version, pid, upstream });
      const announcement: Announcement = { listening: address };
      // The starter may be gone already, and nobody minds.
      if (process.connected) process.send?.(announcement, undefined, undefined, () => undefined);
    },
    end: () => removeRecord(stateFile, pid),
  };
}
