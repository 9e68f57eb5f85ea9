/** Builds requests as the clients of public reports send them: turns of Codex 0.169, and requests of SDKs. */
import type { Loose } from '../bridge/test-bridge';
import { CODEX } from '../bridge/test-bridge';
import type { ReportedRequest } from './report';

type Properties = Readonly<Record<string, object>>;

/** A function tool; all properties are required unless `required` lists fewer. */
export const functionTool = (name: string, properties: Properties, required = Object.keys(properties)) => ({
  type: 'function', name, description: `Tool ${name}.`, strict: false,
  parameters: { type: 'object', properties, required, additionalProperties: false },
});

export const EXEC = functionTool(
  'exec_command', { cmd: { type: 'string', description: 'Command' }, yield_time_ms: { type: 'number' } }, ['cmd'],
);
export const VIEW = functionTool('view_image', { path: { type: 'string' } });
const PATCH_GRAMMAR =
  'start: begin_patch hunk+ end_patch\nbegin_patch: "*** Begin Patch" LF\nend_patch: "*** End Patch" LF?';
export const PATCH = {
  type: 'custom', name: 'apply_patch', description: 'Edits files.',
  format: { type: 'grammar', syntax: 'lark', definition: PATCH_GRAMMAR },
};
/** The tool of code mode. */
export const CODE = {
  type: 'custom', name: 'exec', description: 'Runs JavaScript.',
  format: { type: 'grammar', syntax: 'lark', definition: 'start: /(.|\\n)+/' },
};
const TOOLS = [EXEC, VIEW, PATCH, { type: 'web_search', external_web_access: false }];

const message = (role: string, type: string, text: string, more: object = {}) =>
  ({ type: 'message', role, ...more, content: [{ type, text }] });

export const developer = (text: string) => message('developer', 'input_text', text);
export const user = (text: string) => message('user', 'input_text', text);
export const said = (text: string) => message('assistant', 'output_text', text, { status: 'completed' });
export const thought = (text: string) => ({
  type: 'reasoning', id: 'rs_x', summary: [{ type: 'summary_text', text }],
  content: [{ type: 'reasoning_text', text }], encrypted_content: null,
});
export const call = (id: string, args: string | object = { cmd: 'ls' }, name = 'exec_command', more: object = {}) => ({
  type: 'function_call', id: `fc_${id}`, status: 'completed', name,
  arguments: typeof args === 'string' ? args : JSON.stringify(args), call_id: id, ...more,
});
export const result = (id: string, output: unknown) => ({ type: 'function_call_output', call_id: id, output });

/** An image of one pixel. */
export const PNG =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJ' +
  'RU5ErkJggg==';
/** A tool round in which the model viewed a picture. */
export const viewed = (id = 'call_v', detail?: string) => [
  call(id, { path: 'p.png' }, 'view_image'),
  result(id, [{ type: 'input_image', image_url: PNG, ...(detail !== undefined && { detail }) }]),
];

/** The items that Codex sends before the first prompt of a thread. */
const HEAD = [
  developer('You are a coding agent.'), developer('<permissions>all</permissions>'),
  user('<environment_context>cwd: /w</environment_context>'),
];

/** The request of a turn of Codex 0.169. */
export const codex = (input: readonly Loose[], more: object = {}): ReportedRequest => ({
  headers: CODEX,
  body: {
    model: 'some-model', stream: true, input: [...HEAD, ...input], tools: TOOLS, tool_choice: 'auto',
    parallel_tool_calls: true, store: false, reasoning: { effort: 'medium', summary: 'auto' },
    include: ['reasoning.encrypted_content'], prompt_cache_key: '01a2-key', client_metadata: { session_id: '01a2' },
    ...more,
  },
});

/** A request of an SDK. */
export const sdk = (body: object, path = '/v1/responses'): ReportedRequest => ({
  path, headers: { 'user-agent': 'OpenAI/JS 6.4.0' }, body: { model: 'some-model', stream: true, ...body },
});
