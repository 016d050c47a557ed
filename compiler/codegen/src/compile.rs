//! All kernels of a step program to one block of machine code.

#![allow(unsafe_code)] // takes pointers into executable memory, and frees it

use crate::call::{CompiledKernel, KernelFunction};
use crate::host::{Features, declare_calls, instruction_set};
use crate::wide::{self, InstructionSet};
use crate::{contract, lower};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, Function, Signature, UserFuncName, types};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, default_libcall_names};
use neuro_program::{Kernel, StepProgram};
use std::fmt;
use std::mem::ManuallyDrop;

/// Why there is no machine code. Never the user's mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// Code cannot be made for this machine.
    Host {
        /// What is missing.
        reason: String,
    },
    /// A kernel breaks a rule of step programs, or the code generator refuses it.
    Kernel {
        /// Its name.
        kernel: String,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host { reason } => write!(f, "no machine code can be made on this machine: {reason}"),
            Self::Kernel { kernel, reason } => {
                write!(f, "no machine code can be made of the kernel `{kernel}`: {reason}")
            }
        }
    }
}

impl std::error::Error for CompileError {}

/// The machine code of all kernels of a step program.
pub struct CompiledProgram {
    pub(crate) kernels: Vec<CompiledKernel>,
    module: ManuallyDrop<JITModule>,
}

impl fmt::Debug for CompiledProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledProgram").field("kernels", &self.kernels.len()).finish_non_exhaustive()
    }
}

impl Drop for CompiledProgram {
    fn drop(&mut self) {
        // SAFETY: the module is not used after this, and its functions can only be called through `self.kernels`, which
        // nobody can borrow any more.
        unsafe { ManuallyDrop::take(&mut self.module).free_memory() }
    }
}

/// Compiles all kernels for this machine.
pub fn compile(program: &StepProgram) -> Result<CompiledProgram, CompileError> {
    compile_with(program, Features::Native)
}

/// Compiles all kernels with a choice of instructions.
pub fn compile_with(program: &StepProgram, features: Features) -> Result<CompiledProgram, CompileError> {
    let isa = instruction_set(features)?;
    let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
    declare_calls(&mut builder);
    let mut compiler = Compiler {
        module: JITModule::new(builder),
        context: Context::new(),
        frontend: FunctionBuilderContext::new(),
        wide: features.wide(),
    };
    let outcome =
        program.kernels.iter().enumerate().map(|(index, kernel)| compiler.function(program, index, kernel)).collect();
    compiler.finish(program, outcome)
}

/// The kernels in Cranelift's intermediate form, for `neuro dump --stage clif`. (Where the machine has wider vectors, their code is made from the
/// kernels directly.)
pub fn clif(program: &StepProgram) -> Result<String, CompileError> {
    let isa = instruction_set(Features::Native)?;
    let mut frontend = FunctionBuilderContext::new();
    let mut texts = Vec::new();
    for (index, kernel) in program.kernels.iter().enumerate() {
        let signature = signature(CallConv::triple_default(isa.triple()));
        let mut function = Function::with_name_signature(UserFuncName::user(0, index as u32), signature);
        build(&mut function, &mut frontend, isa.frontend_config(), program, kernel)?;
        texts.push(format!("; {}\n{}", kernel.name, function.display()));
    }
    Ok(texts.join("\n"))
}

/// `fn(pointers, first lane, end lane, step)`.
fn signature(convention: CallConv) -> Signature {
    let mut signature = Signature::new(convention);
    signature.params.extend([AbiParam::new(types::I64); 4]);
    signature
}

fn build(
    function: &mut Function,
    frontend: &mut FunctionBuilderContext,
    target: TargetFrontendConfig,
    program: &StepProgram,
    kernel: &Kernel,
) -> Result<(), CompileError> {
    let fault = |reason: String| CompileError::Kernel { kernel: kernel.name.clone(), reason };
    contract::check(program, kernel).map_err(fault)?;
    let kernel = &program.with_numbers(kernel);
    let mut builder = FunctionBuilder::new(function, frontend);
    lower::lower(&mut builder, kernel, program.number, &contract::lines(program, kernel)).map_err(fault)?;
    builder.finalize(target);
    Ok(())
}

struct Compiler {
    module: JITModule,
    context: Context,
    frontend: FunctionBuilderContext,
    wide: Option<InstructionSet>,
}

impl Compiler {
    fn function(&mut self, program: &StepProgram, index: usize, kernel: &Kernel) -> Result<FuncId, CompileError> {
        let fault = |reason: String| CompileError::Kernel { kernel: kernel.name.clone(), reason };
        contract::check(program, kernel).map_err(fault)?;
        let signature = signature(self.module.isa().default_call_conv());
        let id = self
            .module
            .declare_function(&format!("kernel{index}"), Linkage::Local, &signature)
            .map_err(|error| fault(error.to_string()))?;
        let lines = contract::lines(program, kernel);
        let numbers = program.with_numbers(kernel);
        if let Some(bytes) = self.wide.and_then(|set| wide::assemble(&numbers, program.number, &lines, set)) {
            self.module.define_function_bytes(id, 64, &bytes, &[]).map_err(|error| fault(error.to_string()))?;
            return Ok(id);
        }
        self.context.func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        build(&mut self.context.func, &mut self.frontend, self.module.target_config(), program, kernel)?;
        let defined = self.module.define_function(id, &mut self.context);
        self.module.clear_context(&mut self.context);
        defined.map_err(|error| fault(format!("{error:?}")))?;
        Ok(id)
    }

    fn finish(
        mut self,
        program: &StepProgram,
        functions: Result<Vec<FuncId>, CompileError>,
    ) -> Result<CompiledProgram, CompileError> {
        let finalized = functions.and_then(|functions| {
            let outcome = self.module.finalize_definitions();
            outcome.map(|()| functions).map_err(|error| CompileError::Host { reason: error.to_string() })
        });
        let functions = match finalized {
            Ok(functions) => functions,
            Err(error) => {
                // SAFETY: no pointer into the module has been taken.
                unsafe { self.module.free_memory() };
                return Err(error);
            }
        };
        let kernels = functions
            .iter()
            .zip(&program.kernels)
            .map(|(id, kernel)| {
                let code = self.module.get_finalized_function(*id);
                // SAFETY: the code at `code` was compiled with the signature of `KernelFunction` in the machine's C convention.
                let function = unsafe { std::mem::transmute::<*const u8, KernelFunction>(code) };
                CompiledKernel::new(function, program, kernel)
            })
            .collect();
        Ok(CompiledProgram { kernels, module: ManuallyDrop::new(self.module) })
    }
}
