/** Tools that only OpenAI's servers can run: dropped, and said so. */
import type { ToolCodec } from './codec';

/** Drops the tool with a note. */
export const unsupportedCodec: ToolCodec<'unsupported'> = {
  declare(tool, context) {
    context.note(`dropped tool ${tool.kind}: it runs on OpenAI's servers and has no Chat Completions form`);
  },
};

/** Never a function: a search is a setting of the provider (translate/request). */
export const webSearchCodec: ToolCodec<'web_search'> = { declare: () => undefined };
