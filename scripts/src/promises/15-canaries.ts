/** The values of promise 15: each unlike any other, so that wherever one stands it is known whose it is. */
import { canarySecret, encodingsOf, type CanaryShape } from '@keytrail/testing';

export interface Canary {
  readonly shape: CanaryShape;
  readonly value: string;
}

const SHAPES: readonly CanaryShape[] = ['openai', 'anthropic', 'groq', 'database'];

export function canariesOf(seed: string, count: number): readonly Canary[] {
  return Array.from({ length: count }, (_, n) => {
    const shape = SHAPES[n % SHAPES.length] as CanaryShape;
    return { shape, value: canarySecret(shape, `${seed}/${n}`) };
  });
}

/** Both ends of a value: messages about errors like to quote a beginning. */
export function endsOf({ value }: Pick<Canary, 'value'>): readonly Buffer[] {
  const bytes = Buffer.from(value);
  return [bytes.subarray(0, 20), bytes.subarray(-12)];
}

/** Both ends in every form that is searched for. */
export function everyFormOf(canary: Pick<Canary, 'value'>): Buffer {
  const forms = endsOf(canary).flatMap((end) => [...encodingsOf(end).values()]);
  return Buffer.concat(forms.flatMap((form) => [Buffer.of(0), form]));
}
