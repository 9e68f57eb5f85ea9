/** Renders error bodies, one function for each shape. Source: upstreams.md, section 5, unless stated otherwise. */
import type { Behavior, ErrorFields } from './rule';

type ErrorBody = Behavior['errorBody'];

const errorOf = ({ message, param, code, type = 'invalid_request_error' }: ErrorFields) =>
  ({ message, type, param, code });

/** OpenAI, and the providers that copy its format. */
export const OPENAI_BODY: ErrorBody = (error) => JSON.stringify({ error: errorOf(error) });

export const DASHSCOPE_BODY: ErrorBody = (error, request_id) =>
  JSON.stringify({ error: errorOf(error), request_id });

/** The Coding Plan rejects callers with a string as `error` (section 0, fact 3). */
export const CODING_PLAN_BODY: ErrorBody = (error, requestId) =>
  error.status === 405 ? JSON.stringify({ error: error.message }) : DASHSCOPE_BODY(error, requestId);

/** Z.ai sends the code as a numeric string. */
export const ZAI_BODY: ErrorBody = ({ code, message }) => JSON.stringify({ error: { code, message } });

/** Moonshot sends no code. */
export const MOONSHOT_BODY: ErrorBody = ({ message, type = 'invalid_request_error' }) =>
  JSON.stringify({ error: { message, type } });

/** Resembles Anthropic's format. */
export const MINIMAX_BODY: ErrorBody = ({ status, message }, request_id) =>
  JSON.stringify({
    type: 'error',
    error: { type: 'bad_request_error', message, http_code: String(status) },
    request_id,
  });

/** The message is in `param`, and the body can have the prefix of an event stream (section 3). */
export const MIMO_BODY: ErrorBody = ({ status, message }) =>
  `data:${JSON.stringify({ error: { code: String(status), message: 'Param Incorrect', param: message, type: '' } })}`;

/** Inferred from the code 20015, which users quote. */
export const SILICONFLOW_BODY: ErrorBody = ({ code, message }) =>
  JSON.stringify({ code: Number(code ?? 20_015), message, data: null });

export const ARK_BODY: ErrorBody = ({ message }, requestId) =>
  JSON.stringify({
    error: { code: 'InvalidParameter', message: `${message} Request id: ${requestId}`, type: 'BadRequest' },
    id: requestId,
  });

/** The error of the underlying provider is in `metadata.raw`, as a body of its own (section 4.6). */
export const OPENROUTER_BODY: ErrorBody = (error, requestId) => {
  const { status, message } = error;
  if (status !== 400) return JSON.stringify({ error: { message, code: status } });
  const metadata = { raw: OPENAI_BODY(error, requestId), provider_name: 'Scripted' };
  return JSON.stringify({ error: { message: 'Provider returned error', code: status, metadata } });
};

/** Older vLLM, and SGLang (section 4.6). */
export const VLLM_BODY: ErrorBody = ({ status, message, param }) =>
  JSON.stringify({ object: 'error', message, type: 'BadRequestError', param, code: status });
