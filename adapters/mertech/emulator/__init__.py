"""An emulated M-ER 725: for trying the service before a scale is on the network, and for tests.

It keeps to what is known of the device and does not please any client: wrong lengths, markers,
order, offsets and sums are refused.
"""

from adapters.mertech.emulator.device import EmulatedScales, Pace
from adapters.mertech.emulator.faults import ActiveFault, Fault, parse_fault
from adapters.mertech.emulator.fleet import EmulatorOptions, Fleet
from adapters.mertech.emulator.products.catalogue import catalogue, catalogue_file
from adapters.mertech.emulator.running import run, running_scales, serve_emulator

__all__ = [
    "ActiveFault",
    "EmulatedScales",
    "EmulatorOptions",
    "Fault",
    "Fleet",
    "Pace",
    "catalogue",
    "catalogue_file",
    "parse_fault",
    "run",
    "running_scales",
    "serve_emulator",
]
