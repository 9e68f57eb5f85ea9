/** Shows the running turns below the log during `logs --follow`. */
import { asArray, asNumber, asText, isRecord } from '../base/json';
import { renderCount, renderDuration } from '../base/quantities';
import type { Progress } from '../command/progress';
import { getJson } from '../instance/bridge-client';
import type { BridgeTarget } from '../instance/target';

export interface RunningTurnsDisplay {
  /** Wraps `write` so that it first removes the progress line, which reappears if turns are still running. */
  wrapWrite(write: (text: string) => void): (text: string) => void;
  end(): void;
}

const POLL_MS = 1_000;

/** Polls the bridge every second. `progress` shows nothing unless standard error is a terminal. */
export function showRunningTurns(target: BridgeTarget, progress: Progress): RunningTurnsDisplay {
  const poll = async (): Promise<void> => {
    const turns = await listRunningTurns(target);
    if (isOver) return;
    if (turns.length === 0) progress.end();
    else progress.say(turns.map(renderRunningTurn).join('; '));
  };
  let isOver = false;
  const timer = setInterval(() => void poll(), POLL_MS);
  void poll();
  return {
    wrapWrite: (write) => (text) => {
      progress.end();
      write(text);
    },
    end() {
      isOver = true;
      clearInterval(timer);
      progress.end();
    },
  };
}

/** A turn that the bridge is answering, as GET /turns describes it. */
interface ListedTurn {
  readonly client: string;
  readonly model: string | undefined;
  readonly isStreaming: boolean;
  readonly ms: number;
  /** Estimated tokens of the answer so far. */
  readonly tokens: number;
}

/** Lists the running turns; none if the bridge does not answer, or is too old to have the route. */
async function listRunningTurns({ host, port, record, config }: BridgeTarget): Promise<readonly ListedTurn[]> {
  const token = record?.token ?? config.accessToken;
  const response = await getJson({ host, port, path: '/turns', token, timeoutMs: POLL_MS });
  const turns = typeof response === 'object' ? (asArray(response['turns']) ?? []) : [];
  return turns.filter(isRecord).map((turn) => ({
    client: asText(turn['client']) ?? 'unknown',
    model: asText(turn['model']),
    isStreaming: turn['state'] === 'streaming',
    ms: asNumber(turn['ms']) ?? 0,
    tokens: asNumber(turn['tokens']) ?? 0,
  }));
}

/** Renders a turn, such as `codex_exec qwen3.7-plus streaming… 12 s, 340 tokens`. */
function renderRunningTurn({ client, model, isStreaming, ms, tokens }: ListedTurn): string {
  const state = isStreaming ? 'streaming…' : 'waiting for the first token…';
  const seconds = renderDuration(Math.floor(ms / 1_000) * 1_000);
  const parts = [client, model, state, isStreaming ? `${seconds}, ${renderCount(tokens, 'token')}` : seconds];
  return parts.filter((part) => part !== undefined).join(' ');
}
