/** What an autoscaler scales, as `scaleTargetRef` names it. */
export interface ScaleTarget {
  readonly kind: string;
  readonly name: string;
}
