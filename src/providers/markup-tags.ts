/** Markup that carries a provider's name. */

/** MiniMax wraps its calls in this tag. */
export const VENDOR_CALL_TAG = 'minimax:tool_call';
