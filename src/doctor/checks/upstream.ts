/** Checks the provider. All checks share one turn, which costs a request, or a few if it is rejected. */
import { asText } from '../../base/json';
import { renderDuration, renderList } from '../../base/quantities';
import type { BridgeError } from '../../errors/bridge-error';
import type { ErrorKind } from '../../errors/error-table';
import { failure, ok, skipped, warning, withSettings, type Check, type Finding } from '../check';
import type { DoctorSettings, Examination } from '../examination';
import {
  describeUsage, findAuthorization, findCallArguments, hasReasoning, hasRequestedWord, TRIAL_MS, type Trial,
} from '../trial';

type TrialStage = 'answer' | 'access' | 'model' | 'stream';

const STAGES: readonly TrialStage[] = ['answer', 'access', 'model', 'stream'];

interface Diagnosis {
  /** The check that fails; earlier ones pass. */
  readonly stage: TrialStage;
  /** The fix, if the error itself does not state one. */
  readonly fix: string;
  /** Set if the failure is only a warning, because it is temporary or does not affect Codex. */
  readonly isWarning?: true;
}

const OTHER_FAILURE: Diagnosis = {
  stage: 'stream', fix: "Run the bridge with --log-level debug, retry, and read the provider's response in the log.",
};

const INTERRUPTED: Diagnosis = {
  stage: 'stream',
  fix: 'The response broke off mid-stream. Run doctor again; if it always does, look for a proxy with a time limit.',
};

/** Diagnoses by kind of error; a kind without a row fails the streamed turn. */
const DIAGNOSES: { readonly [K in ErrorKind]?: Diagnosis } = {
  network: { stage: 'answer', fix: 'Check the base URL, the network and the proxy variables.' },
  timeout: {
    stage: 'answer',
    fix: 'Check the base URL. If the provider is just slow, raise --upstream-first-byte-timeout-ms.',
  },
  not_found: { stage: 'answer', fix: 'Check AI_API_BASE; it usually ends in /v1.' },
  forbidden: { stage: 'answer', fix: 'Check the network and the base URL.' },
  bad_answer: {
    stage: 'answer',
    fix: 'Check that the base URL is that of a Chat Completions API: http or https, port, path.',
  },
  auth: { stage: 'access', fix: 'Check the key, and that it belongs to this provider and region.' },
  wrong_client: {
    stage: 'access',
    isWarning: true,
    fix: 'The provider accepts coding agents only; doctor is not one. Try: aliyun-codex-bridge codex exec hi',
  },
  quota: { stage: 'access', fix: 'Wait until the quota resets, or use another plan.' },
  model_not_found: {
    stage: 'model',
    fix: 'Choose a model with --default-model; aliyun-codex-bridge models lists them.',
  },
  invalid_request: { stage: 'model', fix: 'Choose a model with --default-model.' },
  rate_limit: {
    stage: 'access',
    isWarning: true,
    fix: 'Wait a minute and run doctor again. The bridge retries such requests itself.',
  },
  overload: {
    stage: 'access',
    isWarning: true,
    fix: 'Wait a few minutes and run doctor again. The bridge retries such requests itself.',
  },
};

/** How servers say that a model cannot call tools: Ollama, vLLM, OpenRouter. */
const WITHOUT_TOOLS = /does not support (?:tools|tool use|function)|support tool use|tools? (?:is|are) not supported/i;

/** Suggests models of the provider that can call tools, other than the one that was tried. */
function suggestModels({ provider }: DoctorSettings, tried: string): string {
  const rows = provider.models.filter(({ dialect }) => dialect?.tools !== false).map(({ id }) => id);
  const others = [...rows, ...(provider.toolModels ?? [])].filter((id) => id !== tried).slice(0, 3);
  if (others.length === 0) return 'Choose a model that can call tools; aliyun-codex-bridge models lists all.';
  return `Choose a model that can call tools, such as ${renderList(others, 'or')}, with --default-model.`;
}

/** Finds the stage of a failure. A failed connection after the response has begun is a failure of the stream. */
function findDiagnosis(error: BridgeError, { traffic, model }: Trial, settings?: DoctorSettings): Diagnosis {
  if (settings && WITHOUT_TOOLS.test(error.message)) return { stage: 'model', fix: suggestModels(settings, model) };
  const diagnosis = DIAGNOSES[error.kind] ?? OTHER_FAILURE;
  const hasAnswered = traffic.status !== undefined && traffic.status < 300 && traffic.firstByteMs !== undefined;
  return hasAnswered && diagnosis.stage === 'answer' ? INTERRUPTED : diagnosis;
}

/** Returns a finding with the message; the error's own advice becomes the fix of a failure. */
function describeError(error: BridgeError, { fix, isWarning }: Diagnosis): Finding {
  const { advice } = error.details;
  const seen = advice === undefined ? error.message : error.message.replace(` ${advice}`, '');
  return isWarning ? warning(seen, fix) : failure(seen, advice ?? fix);
}

/** Creates the check of a stage: it reports a failure at the stage, and is skipped if the turn failed before it. */
function checkStage(stage: TrialStage, describe: (trial: Trial) => Finding): Check['run'] {
  return async ({ runTrial, settings }: Examination) => {
    const trial = await runTrial();
    if ('response' in trial.outcome) return describe(trial);
    const { error } = trial.outcome;
    const diagnosis = findDiagnosis(error, trial, settings);
    if (diagnosis.stage === stage) return describeError(error, diagnosis);
    return STAGES.indexOf(stage) < STAGES.indexOf(diagnosis.stage)
      ? describe(trial)
      : skipped('the turn failed earlier');
  };
}

/**
 * Checks the key. A rejected key may belong to another address of the provider, such as the international one, which is
 * then tried once. A saved key is not tried there: it is sent only to the host that it was saved for.
 */
async function checkAccess(settings: DoctorSettings, examination: Examination): Promise<Finding> {
  const finding = await checkStage('access', describeAccess)(examination);
  const { outcome } = await examination.runTrial();
  const isSaved = settings.origins.aiApiKey.kind === 'login';
  const sibling = isSaved ? undefined : examination.runtime.findSiblingEndpoint(settings);
  if (finding.level !== 'failure' || !('error' in outcome) || outcome.error.kind !== 'auth' || !sibling) return finding;
  const { outcome: other } = await examination.runTrialAt(sibling);
  if ('error' in other && DIAGNOSES[other.error.kind]?.stage !== 'model' && other.error.kind !== 'wrong_client') {
    return { ...finding, seen: `${finding.seen}\n${new URL(sibling).host} does not accept it either.` };
  }
  return failure(`${finding.seen}\nThe key belongs to ${new URL(sibling).host}.`, `Set AI_API_BASE=${sibling}`);
}

const checkAnswerStage = checkStage('answer', ({ traffic, userAgent }) =>
  ok(`HTTP ${traffic.status ?? 'none'}, requested as ${userAgent}`));

async function checkAnswer(settings: DoctorSettings, examination: Examination): Promise<Finding> {
  const { config: { aiApiKey, forceEnvAuth }, provider } = settings;
  const usesClientKeys = !forceEnvAuth && aiApiKey === undefined && provider.local === undefined;
  if (usesClientKeys && (await findClientKey(settings, examination)) === undefined) {
    return skipped('clients send their own key, and doctor knows none');
  }
  return checkAnswerStage(examination);
}

async function findClientKey({ config }: DoctorSettings, { processEnv, viewCodexConfig }: Examination) {
  const { usesBridge, provider } = await viewCodexConfig();
  const envKey = usesBridge ? asText(provider?.['env_key']) : undefined;
  return findAuthorization({ config, processEnv, codex: { envKey } });
}

/** Creates the function of a check of the complete response; the check is skipped if there is none. */
function withResponse(describe: (response: Readonly<Record<string, unknown>>, trial: Trial) => Finding): Check['run'] {
  return async ({ runTrial }: Examination) => {
    const trial = await runTrial();
    return 'response' in trial.outcome ? describe(trial.outcome.response, trial) : skipped('there was no response');
  };
}

const describeAccess = ({ outcome }: Trial): Finding => ok('response' in outcome ? 'accepted' : 'not rejected');

function describeStream({ traffic }: Trial): Finding {
  if (traffic.events > 1) {
    const [first, last] = [traffic.firstByteMs, traffic.lastByteMs].map((ms) => renderDuration(ms ?? 0));
    return ok(`${traffic.events} events in ${last ?? ''}, the first after ${first ?? ''}`);
  }
  return warning(
    `the response arrived in one piece after ${renderDuration(traffic.lastByteMs ?? 0)}`,
    'Codex shows nothing until a response is complete. Look for a proxy that buffers streams.',
  );
}

function describeCall(response: Readonly<Record<string, unknown>>, { model }: Trial): Finding {
  const callArguments = findCallArguments(response);
  const fix =
    'Codex depends on tool calls. If Codex fails too, choose another model; aliyun-codex-bridge models lists them.';
  if (callArguments === undefined) return warning(`${model} did not call the test tool (it replied with text)`, fix);
  if (!hasRequestedWord(callArguments)) return warning(`${model} called the tool with wrong arguments`, fix);
  return ok(`${model} called the tool as requested`);
}

function describeReasoning(response: Readonly<Record<string, unknown>>, { traffic, canThink }: Trial): Finding {
  if (traffic.reasoning.size > 0) return ok(`in ${[...traffic.reasoning].join(' and ')}`);
  if (hasReasoning(response)) return ok('in <think> tags in the text');
  if (!canThink) return ok('none; this model is not known to show any');
  return warning(
    'none, although this model can think',
    'If Codex shows none either, choose a higher effort there (/model).',
  );
}

const COUNTS_FIX =
  'Codex cannot see how full the context window is and does not compact by itself. Use /compact in long threads.';

/** The checks of the provider. */
export const UPSTREAM_CHECKS: readonly Check[] = [
  {
    id: 'answer',
    title: 'Response',
    needs: 'request',
    limitMs: TRIAL_MS + 5_000,
    after: ['options', 'base-url', 'key', 'key-form', 'connection'],
    run: withSettings(checkAnswer),
  },
  {
    id: 'access',
    title: 'Key and plan',
    needs: 'request',
    after: ['answer'],
    limitMs: TRIAL_MS + 5_000,
    run: withSettings(checkAccess),
  },
  {
    id: 'model',
    title: 'Model',
    needs: 'request',
    after: ['access'],
    run: checkStage('model', ({ model, repairs }) => ok([model, ...repairs].join('; '))),
  },
  {
    id: 'stream',
    title: 'Streamed turn',
    needs: 'request',
    after: ['model'],
    run: checkStage('stream', describeStream),
  },
  { id: 'tool-call', title: 'Tool call', needs: 'request', after: ['stream'], run: withResponse(describeCall) },
  { id: 'reasoning', title: 'Reasoning', needs: 'request', after: ['stream'], run: withResponse(describeReasoning) },
  {
    id: 'usage',
    title: 'Token counts',
    needs: 'request',
    after: ['stream'],
    run: withResponse((response, { traffic }) =>
      traffic.hasUsage ? ok(describeUsage(response) ?? 'reported') : warning('the provider reports none', COUNTS_FIX),
    ),
  },
];
