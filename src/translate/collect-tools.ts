/** Every tool the model may call: declared, added in the middle of the conversation, or found by a search. */
import type { Notes } from '../base/result';
import type { Dialect } from '../providers/dialect';
import { declareTool } from '../tools/codecs';
import { ToolSet } from '../tools/tool-set';
import type { ResponsesRequest } from '../wire/responses-request';

/** Codex leaves `tools` unchanged after a search and expects what was found to be callable (codex-protocol.md, section 2). */
export function collectTools(request: ResponsesRequest, dialect: Dialect, notes: Notes): ToolSet {
  const tools = new ToolSet(dialect.forbiddenToolNames);
  const context = {
    strict: dialect.strictTools,
    schema: dialect.schema,
    offer: tools.add.bind(tools),
    note: notes.add.bind(notes),
  };
  const later = request.input.flatMap((item) =>
    item.type === 'additional_tools' || item.type === 'tool_search_output' ? item.tools : [],
  );
  for (const tool of [...request.tools, ...later]) declareTool(tool, context);
  return tools;
}
