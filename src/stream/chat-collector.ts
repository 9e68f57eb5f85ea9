/** Chat chunks folded into one completion object: what a Chat client without `stream` receives. */
import type { JsonValue } from '../base/json';
import type { ChatCallDelta, ChatChoiceObject, ChatUsageObject } from '../wire/chat';
import type { ChatOutput } from './chat-assembler';

interface Call { readonly head: ChatCallDelta; text: string }
interface Choice {
  content: string;
  reasoning: string;
  refusal: string;
  details: unknown[];
  calls: Call[];
  logprobs: JsonValue[];
  finish: ChatChoiceObject['finish_reason'];
}

/** Feed it every output of the stream; `body` is the completion. */
export class ChatCollector {
  private readonly choices: Choice[] = [];
  private head: { readonly id: string; readonly created: number; readonly model: string } | undefined;

  push(output: ChatOutput): void {
    if ('error' in output) return;
    this.head ??= output;
    for (const choice of output.choices) this.fold(choice);
  }

  body(usage: ChatUsageObject | undefined): string {
    const { id, created, model } = this.head ?? { id: '', created: 0, model: '' };
    return JSON.stringify({
      id,
      object: 'chat.completion',
      created,
      model,
      choices: this.choices.map((choice, index) => ({
        index,
        message: message(choice),
        logprobs: choice.logprobs.length > 0 ? { content: choice.logprobs } : null,
        finish_reason: choice.finish,
      })),
      ...(usage && { usage }),
    });
  }

  private fold({ index, delta, logprobs, finish_reason }: ChatChoiceObject): void {
    const choice = (this.choices[index] ??= {
      content: '',
      reasoning: '',
      refusal: '',
      details: [],
      calls: [],
      logprobs: [],
      finish: null,
    });
    choice.content += delta.content ?? '';
    choice.reasoning += delta.reasoning_content ?? '';
    choice.refusal += delta.refusal ?? '';
    choice.details.push(...(delta.reasoning_details ?? []));
    choice.logprobs.push(...(logprobs?.content ?? []));
    choice.finish ??= finish_reason;
    for (const call of delta.tool_calls ?? []) foldCall(choice.calls, call);
  }
}

function foldCall(calls: Call[], delta: ChatCallDelta): void {
  const call = (calls[delta.index] ??= { head: delta, text: '' });
  call.text += delta.function?.arguments ?? delta.custom?.input ?? '';
}

function message(choice: Choice): object {
  const { content, reasoning, refusal, details, calls } = choice;
  return {
    role: 'assistant',
    content: content === '' && (calls.length > 0 || refusal !== '') ? null : content,
    refusal: refusal === '' ? null : refusal,
    ...(reasoning !== '' && { reasoning_content: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls.map(wholeCall) }),
  };
}

function wholeCall({ head, text }: Call): object {
  const { id, type } = head;
  return type === 'custom'
    ? { id, type, custom: { name: head.custom?.name, input: text } }
    : { id, type, function: { name: head.function?.name, arguments: text } };
}
