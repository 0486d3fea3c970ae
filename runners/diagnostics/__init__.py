"""What the constraint does to the discriminator, measured without disturbing training."""
