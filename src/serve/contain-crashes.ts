/** Keeps the server alive when a piece of one request throws where nobody listens for it. */
import { describeThrown } from '../base/thrown';
import type { Logger } from '../observe/log';
import type { CommandIo } from '../command/command';

/**
 * What was thrown is logged, and everything else goes on: other answers are running, and the client whose request it was
 * hears of it from its own connection or from a limit of silence.
 * @returns ends the watch
 */
export function containCrashes(io: CommandIo, log: Logger): () => void {
  const forget = io.onCrash?.((cause, origin) => {
    log.error('contained a crash; the bridge goes on', { origin, ...describeThrown(cause) });
  });
  return forget ?? (() => undefined);
}
