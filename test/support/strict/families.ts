/** Defines what makers require for their models, at their own APIs and at gateways. Facts: upstreams.md. */
import { says, type ReplayDemand, type StrictModel } from './rule';

/** Both replay requirements are from section 3. */
export const KIMI_REPLAY: ReplayDemand = {
  on: 'calls',
  text: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index {index}',
};
export const DEEPSEEK_REPLAY: ReplayDemand = {
  on: 'calls',
  text: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
};
const KIMI_FORCED = "tool_choice '{kind}' is incompatible with thinking enabled";

/** Sections 2 and 3: sampling, tool choice, and reasoning on every message with calls. */
export const KIMI_K2: StrictModel = {
  names: /(^|\/)kimi-k2\.[5-7]/i,
  thinks: 'on',
  temperature: { thinking: 1, plain: 0.6 },
  forced: KIMI_FORCED,
  replay: KIMI_REPLAY,
  moonshotSchemas: true,
};

/** Section 3: on all assistant messages; the text for those without calls is inferred. */
export const KIMI_K3: StrictModel = {
  names: /(^|\/)kimi-k3/i,
  thinks: 'always',
  forced: KIMI_FORCED,
  replay: {
    on: 'answers',
    text: 'thinking is enabled but reasoning_content is missing in assistant message at index {index}',
  },
  moonshotSchemas: true,
};

/** Section 3 documents the rule for messages with calls, AgentScope#3246 reports it for those without. */
export const DEEPSEEK_V4: StrictModel = {
  names: /(^|\/)deepseek-/i,
  thinks: 'on',
  forced: 'Thinking mode does not support this tool_choice',
  replay: { ...DEEPSEEK_REPLAY, on: 'answers' },
};

/** Section 3: reasoning on every message with calls. */
export const MIMO: StrictModel = {
  names: /(^|\/)mimo-/i,
  thinks: 'on',
  replay: { on: 'calls', text: 'The reasoning_content in the thinking mode must be passed back to the API.' },
};

/** Models that a gateway may serve, then a row for all others. That gateways relay these rejections is inferred. */
export const FAMILY_MODELS: readonly StrictModel[] = [
  KIMI_K2,
  KIMI_K3,
  DEEPSEEK_V4,
  MIMO,
  { names: /^/, thinks: 'on' },
];

/** The messages of the makers, unchanged. */
export const MAKER_MESSAGES = {
  'forced-choice-while-thinking': says('{text}'),
  'missing-reasoning': says('{text}'),
  'locked-temperature': says('invalid temperature: only {only} is allowed for this model'),
  'tool-schema': says('{reason}'),
} as const;
