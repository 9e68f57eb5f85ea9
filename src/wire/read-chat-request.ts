/** Validates a Chat Completions request and reads it as the equivalent Responses request: one path serves both. */
import {
  asArray, asBoolean, asNumber, asRecord, asText, compact, isRecord, type JsonObject, type UnknownRecord,
} from '../base/json';
import { asId, invalid, readContent, readFormat, readOptional, readToolChoice, readTools } from './read-fields';
import { readSampling } from './read-responses';
import type { InputItem, ResponsesRequest } from './responses-request';

export interface ChatClientRequest {
  readonly request: ResponsesRequest;
  /** `stream_options.include_usage`: the client expects a usage chunk only then. */
  readonly includeUsage: boolean;
}

/** @throws UnreadableField with the path of the first invalid field */
export function readChatRequest(body: unknown): ChatClientRequest {
  if (!isRecord(body)) throw invalid('', 'the body to be a JSON object', body);
  const messages = asArray(body['messages']);
  if (!messages) throw invalid('messages', 'a list of messages', body['messages']);
  const wantsLogprobs = body['logprobs'] === true;
  const request: ResponsesRequest = compact({
    model: readOptional(body, 'model', asText, 'a non-empty string'),
    input: messages.flatMap((message, index) => readMessage(message, `messages[${index}]`)),
    stream: readOptional(body, 'stream', asBoolean, 'true or false') ?? false,
    tools: readTools(body['tools'] ?? body['functions'], 'tools'),
    toolChoice: readToolChoice(body['tool_choice']),
    parallelToolCalls: asBoolean(body['parallel_tool_calls']),
    maxOutputTokens: asNumber(body['max_completion_tokens'] ?? body['max_tokens']),
    reasoning: readReasoning(body),
    format: readFormat(body['response_format'], 'response_format'),
    topLogprobs: wantsLogprobs ? asNumber(body['top_logprobs']) : undefined,
    sampling: readSampling(body),
    user: asText(body['user']),
    promptCacheKey: asText(body['prompt_cache_key']),
    include: wantsLogprobs ? ['message.output_text.logprobs'] : [],
    modalities: asArray(body['modalities']) as readonly string[] | undefined,
    audio: asRecord(body['audio']) as JsonObject | undefined,
    echo: {},
  });
  return { request, includeUsage: asRecord(body['stream_options'])?.['include_usage'] === true };
}

function readReasoning(body: UnknownRecord): ResponsesRequest['reasoning'] {
  const effort = asText(body['reasoning_effort']) ?? asText(asRecord(body['reasoning'])?.['effort']);
  if (effort !== undefined) return { effort };
  return body['enable_thinking'] === false ? { effort: 'none' } : undefined;
}

function readMessage(value: unknown, path: string): readonly InputItem[] {
  if (!isRecord(value)) throw invalid(path, 'a message object', value);
  const role = asText(value['role']);
  switch (role) {
    case 'system':
    case 'developer':
    case 'user':
      return [{ type: 'message', role, content: readContent(value['content'], `${path}.content`) }];
    case 'assistant':
      return readAssistant(value, path);
    case 'tool':
    case 'function':
      return [compact({
        type: 'call_output' as const,
        callId: asId(value['tool_call_id']),
        label: asText(value['name']),
        output: readContent(value['content'], `${path}.content`),
      })];
    default:
      throw invalid(`${path}.role`, '"system", "developer", "user", "assistant" or "tool"', value['role']);
  }
}

function readAssistant(value: UnknownRecord, path: string): readonly InputItem[] {
  const items: InputItem[] = [];
  const reasoning = asText(value['reasoning_content']) ?? asText(value['reasoning']);
  if (reasoning !== undefined) items.push({ type: 'reasoning', summary: '', content: reasoning });
  const content = readContent(value['content'], `${path}.content`);
  if (content.length > 0) items.push({ type: 'message', role: 'assistant', content });
  const calls = asArray(value['tool_calls']) ?? [];
  return [...items, ...calls.map(readCall)];
}

function readCall(value: unknown): InputItem {
  const call = asRecord(value);
  const custom = asRecord(call?.['custom']);
  const target = custom ?? asRecord(call?.['function']);
  const itemType = custom ? 'custom_tool_call' : 'function_call';
  return { type: 'call', itemType, item: { ...target, call_id: call?.['id'] } };
}
