/** Namespaces (MCP servers, agents, clocks): their tools are offered one by one under a joined name. */
import { declareTool } from './codecs';
import type { OfferContext, ToolCodec } from './codec';

/** Declares each member with the namespace it belongs to. */
export const namespaceCodec: ToolCodec<'namespace'> = {
  declare(tool, context) {
    const inner: OfferContext = {
      ...context,
      namespace: { name: tool.name, ...(tool.description !== undefined && { description: tool.description }) },
    };
    for (const member of tool.tools) declareTool(member, inner);
  },
};
