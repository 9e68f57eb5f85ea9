/**
 * Leaves out what another model signed for itself: signed or encrypted reasoning, and signatures of calls. Its readable
 * text stays. Loaded where several models read one conversation.
 */
import { openReasoning, sealReasoning } from '../tools/envelope';
import type { InputItem } from '../wire/responses-request';

/** @param origin the model that will read the items, as the envelopes name it */
export function dropForeignSignatures(items: readonly InputItem[], origin: string): readonly InputItem[] {
  return items.map((item) => {
    if (item.type !== 'reasoning') return item;
    const sealed = openReasoning(item.encryptedContent);
    if (sealed?.origin === undefined || sealed.origin === origin) return item;
    return { ...item, encryptedContent: sealReasoning({ text: sealed.text, details: undefined }) };
  });
}
