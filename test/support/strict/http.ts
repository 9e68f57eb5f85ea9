/** Strict rules for the HTTP part of a request: route, key, encodings, and a JSON body. */
import { says, type CheckedRequest, type StrictRule } from './rule';

const CHAT_ROUTE = 'POST /v1/chat/completions';
const MODELS_ROUTE = 'GET /v1/models';

/** True if the request is for a completion; false for the model list. */
export const isChat = (request: CheckedRequest): boolean => `${request.method} ${request.path}` === CHAT_ROUTE;

function routeFault(request: CheckedRequest) {
  const route = `${request.method} ${request.path}`;
  // The Coding Plan has no model list: "模型列表不支持通过接口查询", GET models is a 404 (upstreams.md, fact 4).
  const routes = request.behavior.hasModelList ? [CHAT_ROUTE, MODELS_ROUTE] : [CHAT_ROUTE];
  return routes.includes(route) ? undefined : { param: 'url', route };
}

const bearerOf = (request: CheckedRequest): string | undefined =>
  /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];

/** Rules for every request. */
export const HTTP_RULES = [
  {
    name: 'route',
    status: 404,
    check: routeFault,
    openai: says('Invalid URL ({route})'),
    // Only the status is documented; the text is inferred.
    dashscope: says('Not Found ({route})', 'not_found'),
  },
  {
    name: 'authorization',
    status: 401,
    check: (request) => (bearerOf(request) === undefined ? { param: 'authorization' } : undefined),
    openai: says(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
        '(i.e. Authorization: Bearer YOUR_KEY).',
    ),
    dashscope: says(
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth " +
        '(i.e. Authorization: Bearer YOUR_KEY).',
    ),
  },
  {
    name: 'api-key',
    status: 401,
    check: (request) => {
      const { apiKey } = request.settings;
      const sent = bearerOf(request) ?? '';
      if (apiKey === undefined || [apiKey].flat().includes(sent)) return undefined;
      return { param: 'authorization', key: sent.slice(0, 8) };
    },
    openai: says('Incorrect API key provided: {key}***.', 'invalid_api_key'),
    // The Coding Plan's text for a wrong or expired key (upstreams.md, section 5).
    dashscope: says('invalid access token or token expired', 'invalid_api_key'),
  },
  {
    // Only plans for coding agents check the calling program, and only their rows have a message for it.
    name: 'caller',
    status: 403,
    check: ({ behavior, headers }) =>
      behavior.rejectsCallers?.test(headers['user-agent'] ?? '') === true ? { param: 'user-agent' } : undefined,
  },
  {
    // No provider rejects this. The rule is this project's own: gzip costs 50 us of CPU and 98 us of latency per event
    // (performance.md).
    name: 'accept-encoding',
    check: (request) => {
      const sent = request.headers['accept-encoding'];
      return sent === undefined || sent === 'identity' ? undefined : { param: 'accept-encoding', sent: String(sent) };
    },
    openai: says('The scripted upstream rejects accept-encoding "{sent}": the bridge must request identity.'),
    dashscope: says('The scripted upstream rejects accept-encoding "{sent}": the bridge must request identity.'),
  },
] as const satisfies readonly StrictRule[];

/** Rules for a completion request, before its fields are checked. */
export const BODY_RULES = [
  {
    name: 'content-type',
    check: (request) => {
      const sent = request.headers['content-type'] ?? '';
      return /^application\/json(;|$)/i.test(sent) ? undefined : { param: 'content-type', sent };
    },
    openai: says(
      "Unsupported content type: '{sent}'. This API method only accepts 'application/json' requests, but you " +
      "specified the header 'Content-Type: {sent}'. Please try again with a supported content type.",
      'unsupported_content_type',
    ),
    // Inferred text.
    dashscope: says('Content-Type must be application/json, got "{sent}".', 'invalid_parameter_error'),
  },
  {
    name: 'json-body',
    check: (request) => (request.isJsonObject ? undefined : { param: 'body' }),
    openai: says(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library " +
        'correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)',
    ),
    // Inferred text.
    dashscope: says('Request body is not a valid JSON object.', 'invalid_parameter_error'),
  },
] as const satisfies readonly StrictRule[];
