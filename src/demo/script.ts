/** What is said in the demo: by the user, and by the simulated model. */
import { PROVIDERS } from '../providers/catalog';
import { LIST_FILES, NOW, type DemoTool } from './tools';

/** The provider whose rules the demo follows; the first one of the catalog is the default. */
export const DEMO_PROVIDER = PROVIDERS[0];

/** The model whose place the simulated one takes. */
export const DEMO_MODEL = DEMO_PROVIDER?.defaultModel ?? 'demo-model';

/** The bridge must send it upstream; it opens nothing. */
export const DEMO_KEY = 'demo-key';

/** The instructions, sent as a developer message: Codex sends no other kind (codex-protocol.md, section 1). */
export const INSTRUCTIONS = 'You are an assistant with two tools. Use them before you answer.';

/** The user's words. */
export const PROMPT = 'What is in this folder, and what time is it?';

export interface ScriptedCall {
  readonly id: string;
  readonly tool: DemoTool;
  readonly arguments: string;
}

/** Tokens, as a Chat Completions provider reports them. */
export interface ScriptedUsage {
  readonly prompt: number;
  readonly cached: number;
  readonly completion: number;
  readonly reasoning: number;
}

export interface ScriptedAnswer {
  readonly reasoning: string;
  readonly text: string;
  readonly calls: readonly ScriptedCall[];
  readonly usage: ScriptedUsage;
}

/** To the prompt: both tools at once. */
export const FIRST_ANSWER: ScriptedAnswer = {
  reasoning: 'The user asks about a folder and about the time. I know neither, but I have a tool for each. '
    + 'They do not depend on each other, so I call both at once.',
  text: 'I will look at the folder and at the clock.',
  calls: [
    { id: 'call_demo_files', tool: LIST_FILES, arguments: '{"path":"."}' },
    { id: 'call_demo_clock', tool: NOW, arguments: '{"zone":"UTC"}' },
  ],
  usage: { prompt: 412, cached: 0, completion: 96, reasoning: 41 },
};

/** To the results of both tools, in the order of the calls: an answer that repeats what they say. */
export function composeSecondAnswer([listing = 'no result', time = 'no result']: readonly string[]): ScriptedAnswer {
  return {
    reasoning: 'Both tools have answered. That is all I need.',
    text: `The folder: ${listing}. The time: ${time}. `
      + 'Your question, my thoughts, my calls and the results of your tools all went through the bridge.',
    calls: [],
    usage: { prompt: 538, cached: 384, completion: 62, reasoning: 18 },
  };
}
