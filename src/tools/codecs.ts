/** The table of tool kinds: adding a kind without a codec does not compile. */
import type { ToolKind, ToolOf } from '../wire/responses-tools';
import type { CallKind } from './call-target';
import type { CreateCallWriter } from './call-writer';
import type { OfferContext, ToolCodec } from './codec';
import { createCustomWriter, customCodec } from './custom';
import { createFunctionWriter, functionCodec } from './function';
import { createHostedWriter, hostedCodec } from './hosted';
import { namespaceCodec } from './namespace';
import { createToolSearchWriter, toolSearchCodec } from './tool-search';
import { unsupportedCodec, webSearchCodec } from './unsupported';

const CODECS: { readonly [K in ToolKind]: ToolCodec<K> } = {
  function: functionCodec,
  custom: customCodec,
  namespace: namespaceCodec,
  tool_search: toolSearchCodec,
  web_search: webSearchCodec,
  hosted: hostedCodec,
  unsupported: unsupportedCodec,
};

const WRITERS: { readonly [K in CallKind]: CreateCallWriter } = {
  function: createFunctionWriter,
  custom: createCustomWriter,
  tool_search: createToolSearchWriter,
  local_shell: createHostedWriter,
  shell: createHostedWriter,
  apply_patch: createHostedWriter,
};

/** Declares a tool of any kind through its codec. */
export function declareTool<K extends ToolKind>(tool: ToolOf<K>, context: OfferContext): void {
  const codec: ToolCodec<K> = CODECS[tool.type];
  codec.declare(tool, context);
}

/** The writer for a call of any kind. */
export const createCallWriter: CreateCallWriter = (target, place) => WRITERS[target.kind](target, place);
