/** Checks of the provider: all of them look at one turn, which costs one request. */
import { BridgeError } from '../../errors/bridge-error';
import type { ErrorKind } from '../../errors/error-table';
import { withSetup, type Check } from '../check';
import type { Examination, Setup } from '../examination';
import { failure, ok, skipped, warning, type Finding } from '../finding';
import { describeUsage, findAuthorization, findCall, hasReasoning, isRightCall, TRIAL_MS, type Trial } from '../trial';

type Stage = 'answer' | 'access' | 'model' | 'stream';

const STAGES: readonly Stage[] = ['answer', 'access', 'model', 'stream'];

interface Blame {
  /** The check that the failure belongs to; those before it were passed. */
  readonly stage: Stage;
  /** What to do, where the error itself does not say. */
  readonly fix: string;
  /** No defect: it passes by itself, or does not concern Codex. */
  readonly isPassing?: true;
}

const ELSEWHERE: Blame = {
  stage: 'stream', fix: 'Run the bridge with --log-level debug, ask again, and look at what the provider says there.',
};

const BROKEN_OFF: Blame = {
  stage: 'stream',
  fix: 'It broke off in the middle: run doctor again; if it always does, look for a proxy on the way with a time limit.',
};

/** Failures by kind; a kind without a row is one of the turn itself. */
const BLAMES: { readonly [K in ErrorKind]?: Blame } = {
  network: { stage: 'answer', fix: 'Check the address, the network, and the proxy variables above.' },
  timeout: {
    stage: 'answer',
    fix: 'Check the address; if the provider is only slow, raise --upstream-first-byte-timeout-ms.',
  },
  not_found: { stage: 'answer', fix: 'Check the address above.' },
  forbidden: { stage: 'answer', fix: 'Check the network and the address above.' },
  bad_answer: {
    stage: 'answer',
    fix: 'Check that there is a Chat Completions API: http or https, the port, the path.',
  },
  auth: { stage: 'access', fix: 'Check the key above, and that it belongs to this provider and region.' },
  wrong_client: {
    stage: 'access',
    isPassing: true,
    fix: 'The provider answers coding agents only, and doctor is none. Let Codex ask: aliyun-codex-bridge codex exec hi',
  },
  quota: { stage: 'access', fix: 'Wait until the plan resets, or use another one.' },
  model_not_found: {
    stage: 'model',
    fix: 'aliyun-codex-bridge models lists what is known; name one with --default-model.',
  },
  invalid_request: { stage: 'model', fix: 'Name a model with --default-model.' },
  rate_limit: { stage: 'access', fix: 'Wait a minute, and run doctor again.', isPassing: true },
  overload: { stage: 'access', fix: 'Wait some minutes, and run doctor again.', isPassing: true },
};

/** A failure in the middle of a good answer is one of the stream, whatever its kind. */
function findBlame(error: BridgeError, { heard }: Trial): Blame {
  const blame = BLAMES[error.kind] ?? ELSEWHERE;
  const hasBegun = heard.status !== undefined && heard.status < 300 && heard.firstByteMs !== undefined;
  return hasBegun && blame.stage === 'answer' ? BROKEN_OFF : blame;
}

/** What the message says without the advice that it ends with: that is the fix. */
function describeError(error: BridgeError, { fix, isPassing }: Blame): Finding {
  const { advice } = error.details;
  const seen = advice === undefined ? error.message : error.message.replace(` ${advice}`, '');
  return isPassing ? warning(seen, fix) : failure(seen, advice ?? fix);
}

/** A check that the turn passes, unless its failure belongs here. */
function checkStage(stage: Stage, describe: (trial: Trial) => Finding): Check['run'] {
  return async ({ runTrial }: Examination) => {
    const trial = await runTrial();
    if ('response' in trial.outcome) return describe(trial);
    const { error } = trial.outcome;
    const blame = findBlame(error, trial);
    if (blame.stage === stage) return describeError(error, blame);
    return STAGES.indexOf(stage) < STAGES.indexOf(blame.stage)
      ? describe(trial)
      : skipped('the turn did not come so far');
  };
}

const checkFirst = checkStage('answer', ({ heard, userAgent }) =>
  ok(`HTTP ${heard.status ?? 'none'}, asked as ${userAgent}`));

async function checkReach(setup: Setup, examination: Examination): Promise<Finding> {
  const { config: { aiApiKey, forceEnvAuth }, provider } = setup;
  const isForeign = !forceEnvAuth && aiApiKey === undefined && provider.local === undefined;
  if (isForeign && (await findAuthorization(setup, examination)) === undefined) {
    return skipped('clients bring the key, and none is known here');
  }
  return checkFirst(examination);
}

/** A check of an answer that came. */
function checkAnswer(describe: (response: Readonly<Record<string, unknown>>, trial: Trial) => Finding): Check['run'] {
  return async ({ runTrial }: Examination) => {
    const trial = await runTrial();
    return 'response' in trial.outcome ? describe(trial.outcome.response, trial) : skipped('there was no answer');
  };
}

const describeAccess = ({ outcome }: Trial): Finding => ok('response' in outcome ? 'accepted' : 'not refused');

const seconds = (ms: number | undefined): string => `${((ms ?? 0) / 1_000).toFixed(1)} s`;

function describeStream({ heard }: Trial): Finding {
  if (heard.events > 1) {
    return ok(`${heard.events} events in ${seconds(heard.lastByteMs)}, the first after ${seconds(heard.firstByteMs)}`);
  }
  return warning(
    `the answer came in one piece after ${seconds(heard.lastByteMs)}`,
    'Codex shows nothing until an answer is whole: look for a proxy in front of the provider that collects streams.',
  );
}

function describeCall(response: Readonly<Record<string, unknown>>, { model }: Trial): Finding {
  const text = findCall(response);
  const fix =
    'Codex works by tool calls: if it fails too, choose another model; aliyun-codex-bridge models lists them.';
  if (text === undefined) return warning(`${model} answered in words instead of calling the tool`, fix);
  if (!isRightCall(text)) return warning(`${model} called the tool with wrong arguments`, fix);
  return ok(`${model} called the tool as it was asked to`);
}

function describeReasoning(response: Readonly<Record<string, unknown>>, { heard, canThink }: Trial): Finding {
  if (heard.reasoning.size > 0) return ok(`in ${[...heard.reasoning].join(' and ')}`);
  if (hasReasoning(response)) return ok('in <think> tags within the text');
  if (!canThink) return ok('none; nothing says that this model shows any');
  return warning(
    'none, though this model can think',
    'If Codex shows none either, pick a higher effort there (/model).',
  );
}

const COUNTS_FIX =
  'Codex cannot tell how full its memory is and does not compact by itself: type /compact in long threads.';

/** The rows of the provider. */
export const UPSTREAM_CHECKS: readonly Check[] = [
  {
    id: 'answer',
    title: 'Answer',
    needs: 'request',
    limitMs: TRIAL_MS + 5_000,
    after: ['options', 'base-url', 'key', 'key-form', 'connection'],
    run: withSetup(checkReach),
  },
  {
    id: 'access',
    title: 'Key and plan',
    needs: 'request',
    after: ['answer'],
    run: checkStage('access', describeAccess),
  },
  {
    id: 'model',
    title: 'Model',
    needs: 'request',
    after: ['access'],
    run: checkStage('model', ({ model }) => ok(model)),
  },
  {
    id: 'stream',
    title: 'Streamed turn',
    needs: 'request',
    after: ['model'],
    run: checkStage('stream', describeStream),
  },
  { id: 'tool-call', title: 'Tool call', needs: 'request', after: ['stream'], run: checkAnswer(describeCall) },
  { id: 'reasoning', title: 'Reasoning', needs: 'request', after: ['stream'], run: checkAnswer(describeReasoning) },
  {
    id: 'usage',
    title: 'Token counts',
    needs: 'request',
    after: ['stream'],
    run: checkAnswer((response, { heard }) =>
      heard.hasUsage ? ok(describeUsage(response) ?? 'reported') : warning('the provider reports none', COUNTS_FIX),
    ),
  },
];
