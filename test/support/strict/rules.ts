/** The complete table of strict rules, in the order of their checks, and the function that applies them. */
import type { IncomingHttpHeaders } from 'node:http';
import { parseJsonObject } from '../../../src/base/json';
import { FIELD_RULES } from './fields';
import { FORMAT_RULES } from './format';
import { HISTORY_RULES } from './history';
import { BODY_RULES, HTTP_RULES, isChat } from './http';
import { BASE_BEHAVIOR } from './behavior';
import { MESSAGE_RULES } from './messages';
import { MODEL_RULES } from './model-rules';
import { plain, recordsOf } from './rule';
import type { Fault, CheckedRequest, Behavior, ErrorFields, StrictRule, StrictSettings, Wording } from './rule';
import { TOOL_RULES } from './tools';

const CHAT_RULES = [
  ...BODY_RULES,
  ...FIELD_RULES,
  ...MODEL_RULES,
  ...MESSAGE_RULES,
  ...HISTORY_RULES,
  ...TOOL_RULES,
  ...FORMAT_RULES,
] as const;

/** Every rule. The first one that finds a fault determines the response. */
export const STRICT_RULES = [...HTTP_RULES, ...CHAT_RULES] as const;

/** The name of a rule, with which tests can turn it off. */
export type StrictRuleName = (typeof STRICT_RULES)[number]['name'];

/** The request as received over HTTP. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: string;
}

/** A rejection to send. */
export interface Rejection extends ErrorFields {
  readonly rule: StrictRuleName;
}

/** Checks `raw` against every rule except those in `without`; returns `undefined` if all of them pass. */
export function validate(
  raw: RawRequest,
  settings: StrictSettings,
  without: readonly StrictRuleName[] = [],
): Rejection | undefined {
  const request = readRequest(raw, settings);
  for (const rule of isChat(request) ? STRICT_RULES : HTTP_RULES) {
    if (without.includes(rule.name)) continue;
    const rejection = apply(rule, rule.name, request);
    if (rejection !== undefined) return rejection;
  }
  return undefined;
}

function readRequest(raw: RawRequest, settings: StrictSettings): CheckedRequest {
  const body = parseJsonObject(raw.rawBody);
  const behavior = behaviorOf(settings);
  const id = plain(body?.['model'] ?? '');
  return {
    ...raw,
    settings,
    behavior,
    model: behavior.models.find(({ names }) => names.test(id)) ?? { names: /^/, thinks: 'never' },
    isJsonObject: body !== undefined,
    body: body ?? {},
    messages: recordsOf(body?.['messages']),
    tools: recordsOf(body?.['tools']),
  };
}

const behaviorOf = ({ dialect, behavior }: StrictSettings): Behavior => behavior ?? BASE_BEHAVIOR[dialect];

function apply(rule: StrictRule, name: StrictRuleName, request: CheckedRequest): Rejection | undefined {
  const wording = wordingOf(rule, request.behavior);
  const fault = wording === undefined ? undefined : rule.check(request);
  if (wording === undefined || fault === undefined) return undefined;
  return {
    rule: name,
    status: wording.status ?? rule.status ?? 400,
    message: fill(wording.text, fault),
    // DashScope always sends `param: null` (eino#994 and others).
    param: request.behavior.column === 'dashscope' ? null : fault.param,
    code: wording.code,
    ...(wording.type === undefined ? {} : { type: wording.type }),
  };
}

/** The provider's own message, or the wrapped one of its column; `undefined` if the rule does not apply to it. */
function wordingOf(rule: StrictRule, { says, column, otherwise }: Behavior): Wording | undefined {
  const own = says[rule.name];
  const common = rule[column];
  if (own !== undefined || common === undefined) return own ?? undefined;
  return otherwise === undefined ? common : { ...otherwise, text: otherwise.text.replace('{text}', common.text) };
}

/** Replaces placeholders such as `{word}` with the fault's values; leaves other braces unchanged. */
const fill = (text: string, fault: Fault): string =>
  text.replace(/\{(\w+)\}/g, (placeholder, word: string) => fault[word] ?? placeholder);

/** Renders the error body in the format of the provider. */
export const renderRejection = (rejection: Rejection, settings: StrictSettings, requestId: string): string =>
  behaviorOf(settings).errorBody(rejection, requestId);
