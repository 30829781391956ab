/** The receipts of what was obtained, kept for whoever has to show them later. */
import type { Receipt, Reference } from '@keytrail/contracts';

/** One access, as its caller can prove it. */
export interface ReceiptOf {
  readonly reference: Reference;
  readonly version: number;
  readonly receipt: Receipt;
  readonly requestId: string;
  /** When it came in: RFC 3339, on this machine's clock. */
  readonly receivedAt: string;
}

/** The latest `capacity` receipts, oldest first. */
export function receiptBook(capacity: number) {
  const kept: ReceiptOf[] = [];
  return {
    keep: (receipt: ReceiptOf): void => {
      kept.push(receipt);
      if (kept.length > capacity) kept.shift();
    },
    all: (): readonly ReceiptOf[] => [...kept],
  };
}
