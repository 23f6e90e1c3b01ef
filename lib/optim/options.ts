/** Options that most optimizers share. */
export interface CommonOptions {
  /** Go up instead of down. Default false. */
  maximize?: boolean | undefined;
  /** Step by PyTorch's operators for lists of tensors, whose numbers may differ in the last bits. Default false. */
  foreach?: boolean | null | undefined;
  /** Only false: torchloss has no graphs of CUDA. */
  capturable?: boolean | undefined;
  /** Only false: steps are not differentiated through. */
  differentiable?: boolean | undefined;
}

/** Options of the optimizers that LibTorch has as one operator. */
export interface FusedOptions extends CommonOptions {
  /** Make the step in one operator of LibTorch's, 2.4 and newer. Default false. */
  fused?: boolean | null | undefined;
}
