# What only our own tests, benches and examples are compiled with; nothing of it reaches users.
add_library(lockstep_own_code INTERFACE)
target_compile_options(lockstep_own_code INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  # GoogleTest's typed suites leave the variadic part of its macros empty.
  $<$<CXX_COMPILER_ID:Clang,AppleClang>:-Wno-gnu-zero-variadic-macro-arguments>
  $<$<BOOL:${LOCKSTEP_WERROR}>:-Werror>
  $<$<NOT:$<BOOL:${LOCKSTEP_EXCEPTIONS}>>:-fno-exceptions>)
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_own_code INTERFACE
    -fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lockstep_own_code INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()

# lockstep_program(<out> <source>)
#
# Adds the program a_b for the source a/b.cpp. It links lockstep::lockstep and the components that
# own the source's path or one of the Lockstep headers that it includes. <out> is the target's name,
# empty when the program was left out for want of a component.
function(lockstep_program out source)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  file(STRINGS ${source} includes REGEX "^#include <lockstep/")
  list(TRANSFORM includes REPLACE "#include <lockstep/(.+)>.*" "\\1")
  cmake_path(REMOVE_EXTENSION source LAST_ONLY OUTPUT_VARIABLE name)
  string(REPLACE "/" "_" name "${name}")
  lockstep_target_of(libraries "${source}" ${includes})
  set(${out} "" PARENT_SCOPE)
  foreach(library IN LISTS libraries)
    if(NOT TARGET ${library})
      cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
      message(STATUS "${folder}/${source} is left out: it needs ${library}")
      return()
    endif()
  endforeach()
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${libraries} lockstep_own_code)
  set(${out} ${name} PARENT_SCOPE)
endfunction()
