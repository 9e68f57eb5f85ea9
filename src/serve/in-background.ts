/** Announces a background bridge, writes its record and watches its use. Loaded only in background mode. */
import { messageOf } from '../base/thrown';
import type { Address } from '../command/render';
import type { Config } from '../config/options';
import { identifyKey, readProcessStart, removeRecord, writeRecord } from '../instance/bridge-record';
import { identifyOptions } from '../instance/option-difference';
import type { Logger } from '../observe/log';
import { SERVICE_NAME } from '../server/service-routes';
import { createIdleShutdown, type IdleShutdown } from '../server/idle-shutdown';

/** The message that a listening bridge sends to the process that started it. */
export interface Announcement {
  readonly listening: Address;
}

export interface BackgroundAnnouncer {
  /** Announces that the bridge is listening: in its record, in the log and to the parent process. Never throws. */
  announce(address: Address): void;
  /** Removes the record. */
  end(): void;
}

export interface BackgroundOptions {
  /** The path of the record. */
  readonly stateFile: string;
  readonly config: Config;
  readonly version: string;
  readonly log: Logger;
  readonly stopWhenUnused: boolean;
}

/** Creates the announcer for this process's bridge. */
export function createAnnouncer(options: BackgroundOptions): BackgroundAnnouncer {
  const { stateFile, config, version, log, stopWhenUnused } = options;
  const { pid } = process;
  const { aiBaseUrl: upstream, logFile = '', drainTimeoutMs } = config;
  return {
    announce(address) {
      const startedAt = new Date().toISOString();
      try {
        const token = config.accessTokenFile === undefined ? config.accessToken : undefined;
        const keyId = identifyKey(config.aiApiKey, startedAt);
        const optionIds = identifyOptions(config, startedAt);
        const facts = {
          version, startedAt, logFile, upstream, drainTimeoutMs, keyId, optionIds, token, stopWhenUnused,
        };
        const processStart = readProcessStart(pid);
        writeRecord(stateFile, { name: SERVICE_NAME, pid, processStart, ...address, ...facts });
      } catch (error) {
        log.warn("cannot write this bridge's record, so status and stop will not find the bridge; see --state-dir", {
          file: stateFile, error: messageOf(error),
        });
      }
      log.info('the bridge is listening', { ...address, version, pid, upstream });
      const announcement: Announcement = { listening: address };
      // The parent may have exited already.
      if (process.connected) process.send?.(announcement, undefined, undefined, () => undefined);
    },
    end: () => removeRecord(stateFile, pid),
  };
}

export interface IdleWatch {
  readonly watch: IdleShutdown;
  /** Resolves when the bridge is unused. */
  readonly unused: Promise<void>;
  /** Stops watching. */
  end(): void;
}

/** Watches whether the bridge is in use. */
export function startIdleWatch(): IdleWatch {
  let onUnused = (): void => undefined;
  const unused = new Promise<void>((resolve) => (onUnused = resolve));
  const watch = createIdleShutdown({
    onUnused: () => onUnused(),
    // Monotonic, because the system clock may be changed.
    clock: () => performance.now(),
    setTimer(action, milliseconds) {
      const timer = setTimeout(action, milliseconds);
      return () => clearTimeout(timer);
    },
  });
  return { watch, unused, end: watch.end };
}
